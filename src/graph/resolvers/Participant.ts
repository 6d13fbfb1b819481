import { participantId } from '../../messaging/ids.ts';
import type { ParticipantResolvers } from '../../generated/resolvers.ts';

export const Participant: ParticipantResolvers = {
  id: (participant) => participantId(participant),
};

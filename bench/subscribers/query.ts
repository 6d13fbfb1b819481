/** What all subscribers of the bench ask for, of Parley and of its peer. */
export const QUERY = `subscription Added($id: ID!) {
  messageAdded(conversationId: $id) { id text direction sentAt author { name } conversation { id externalId } }
}`;

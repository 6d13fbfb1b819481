import { describeWriting } from './writeContract.ts';
import { describeSendingFiles } from './writeFileContract.ts';
import { describeFindingWrites } from './writeSearchContract.ts';
import { letstalkSubject, pactSubject, pigeonsSubject } from './writeSubjects.ts';

for (const describeContract of [describeWriting, describeSendingFiles, describeFindingWrites]) {
  describeContract('Pact', pactSubject);
  describeContract('Letstalk', letstalkSubject);
  describeContract('Pigeons', pigeonsSubject);
}

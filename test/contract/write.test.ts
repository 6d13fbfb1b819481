import { describeWriting } from './writeContract.ts';
import { describeSendingFiles } from './writeFileContract.ts';
import { describeFindingWrites } from './writeSearchContract.ts';
import { letstalkSubject, pactSubject, pactV2Subject, pigeonsSubject } from './writeSubjects.ts';

for (const describeContract of [describeWriting, describeSendingFiles, describeFindingWrites]) {
  describeContract('Pact', pactSubject);
  describeContract('Pact v2', pactV2Subject);
  describeContract('Letstalk', letstalkSubject);
  describeContract('Pigeons', pigeonsSubject);
}

import { describeWriteFailures } from './writeFailureContract.ts';
import { letstalkSubject, pactSubject, pactV2Subject, pigeonsSubject } from './writeSubjects.ts';

describeWriteFailures('Pact', pactSubject);
describeWriteFailures('Pact v2', pactV2Subject);
describeWriteFailures('Letstalk', letstalkSubject);
describeWriteFailures('Pigeons', pigeonsSubject);

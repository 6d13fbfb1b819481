import { describeWriteFailures } from './writeFailureContract.ts';
import { letstalkSubject, pactSubject, pigeonsSubject } from './writeSubjects.ts';

describeWriteFailures('Pact', pactSubject);
describeWriteFailures('Letstalk', letstalkSubject);
describeWriteFailures('Pigeons', pigeonsSubject);

// The package has no types of its own.
declare module 'apollo-upload-client/UploadHttpLink.mjs' {
  import type { ApolloLink } from '@apollo/client';

  const UploadHttpLink: new (options: {
    readonly uri: string;
    readonly headers?: Readonly<Record<string, string>>;
  }) => ApolloLink;
  export default UploadHttpLink;
}

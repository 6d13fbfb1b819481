/** Why no provider was made, in words for whoever has asked for it. Nothing has been changed. */
export class NewProviderError extends Error {}

import type { ProviderNames } from './parseName.ts';

/** Puts a provider's name into a template or into its path: `__name__`, `__Name__`, `__NAME__` and `__kebab__`. */
export function fillTemplate(template: string, { camel, kebab, pascal, screaming }: ProviderNames): string {
  return template
    .replaceAll('__name__', camel)
    .replaceAll('__Name__', pascal)
    .replaceAll('__NAME__', screaming)
    .replaceAll('__kebab__', kebab);
}

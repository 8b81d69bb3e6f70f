export { MulticastRtpProvider, type MulticastRtpProviderOptions } from './provider.ts';

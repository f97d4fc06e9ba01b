import sample from '../../../../config/ifcast.toml';

/** The commented sample configuration: every key with its default, and five filters to begin with. */
export const SAMPLE: string = sample;

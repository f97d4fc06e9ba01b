/**
 * One entity, in Home Assistant's abbreviations: `p` platform, `uniq_id` unique id, `def_ent_id` default entity id,
 * `stat_t` state topic, `val_tpl` value template, `exp_aft` expire after, `dev_cla` device class, `stat_cla` state class,
 * `ent_cat` entity category, `en` enabled by default, `ic` icon, `sug_dsp_prc` suggested display precision, `avty`
 * availability, `json_attr_t` and `json_attr_tpl` what is shown as attributes, `evt_typ` event types.
 */
export interface Component {
  readonly p: 'sensor' | 'binary_sensor' | 'event';
  readonly name: string;
  readonly uniq_id: string;
  readonly def_ent_id: string;
  readonly stat_t: string;
  readonly [option: string]: unknown;
}

/** One device and its entities, by the id that they have within it. */
export interface DeviceDocument {
  readonly dev: Readonly<Record<string, unknown>>;
  readonly o: Readonly<Record<string, string>>;
  readonly avty: readonly { readonly t: string }[];
  readonly cmps: Readonly<Record<string, Component>>;
}

/** What an entity is beside its ids and its name. */
export type ComponentOptions = Readonly<Record<string, unknown>> & { readonly stat_t: string };

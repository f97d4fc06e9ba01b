/** Numbers of `enum bpf_func_id` in linux/bpf.h that only programs of tests call, see bpf-helpers(7). */
export const SKB_VLAN_PUSH = 18;
export const SKB_VLAN_POP = 19;
export const REDIRECT = 23;

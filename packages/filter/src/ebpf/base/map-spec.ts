/** A map of the kernel that a program uses by its name; whoever loads the program makes it. */
export interface MapSpec {
  /** Its name in the program: no two maps of a program share one. */
  readonly name: string;
  /** Of `enum bpf_map_type` in linux/bpf.h. A `perCpuArray` has a copy of every value for each processor. */
  readonly type: 'array' | 'perCpuArray';
  readonly keyBytes: number;
  readonly valueBytes: number;
  readonly entries: number;
}

package dev.lgc.compiler.emit.tornado;

import dev.lgc.dsl.text.Text;

/**
 * The limits that a schedule must keep to on a device.
 *
 * @param groupItems work-items of a work-group at most; schedules use powers of two up to it
 * @param localBytes local memory of a work-group
 * @param groups work-groups that keep the device busy: kernels that walk over their points start no
 *     more
 * @param arrayBytes largest array
 */
public record DeviceLimits(int groupItems, int localBytes, int groups, long arrayBytes) {
  /** The limits that every OpenCL device of the full profile and every NVIDIA GPU offers. */
  public static final DeviceLimits PORTABLE = new DeviceLimits(256, 32768, 256, 1L << 32);

  public DeviceLimits {
    if (groupItems < 1 || localBytes < 1024 || groups < 1 || arrayBytes < 4096) {
      throw new IllegalArgumentException(
          Text.format(
              "%d items and %d bytes of local memory in %d groups, arrays of %d bytes",
              groupItems, localBytes, groups, arrayBytes));
    }
  }

  /** Elements an array of a type may have: indexes are of 32 bits. */
  long elements(int bytes) {
    return Math.min(arrayBytes / bytes, Integer.MAX_VALUE) / 64 * 64;
  }
}

package uk.ac.manchester.tornado.api;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Stands in for TornadoVM's kernel context: one per work-item of an emulated group. Local memory is
 * poisoned; barriers are the scheduler's.
 */
public final class KernelContext {
  /** What the items of a group share. */
  public static final class Group {
    private final List<Object> local = new ArrayList<>();
    private final Runnable barrier;
    private long bytes;

    /**
     * @param barrier what waiting is; null where no barrier is expected
     */
    public Group(Runnable barrier) {
      this.barrier = barrier;
    }

    /** Bytes of local memory so far. */
    public long bytes() {
      return bytes;
    }
  }

  public Integer globalIdx;
  public Integer localIdx;
  public Integer groupIdx;
  private final Group group;
  private int allocated;

  public KernelContext(int groupIdx, int localIdx, int localSize, Group group) {
    this.groupIdx = groupIdx;
    this.localIdx = localIdx;
    this.globalIdx = groupIdx * localSize + localIdx;
    this.group = group;
  }

  public void localBarrier() {
    group.barrier.run();
  }

  public void globalBarrier() {
    group.barrier.run();
  }

  public float[] allocateFloatLocalArray(int size) {
    if (isNew()) {
      float[] a = new float[size];
      Arrays.fill(a, Float.NaN);
      group.local.add(a);
      group.bytes += 4L * size;
    }
    return (float[]) group.local.get(allocated++);
  }

  public int[] allocateIntLocalArray(int size) {
    if (isNew()) {
      int[] a = new int[size];
      Arrays.fill(a, 0x7F7F7F7F);
      group.local.add(a);
      group.bytes += 4L * size;
    }
    return (int[]) group.local.get(allocated++);
  }

  /** The items of a group allocate alike, and get the same. */
  private boolean isNew() {
    return allocated == group.local.size();
  }
}

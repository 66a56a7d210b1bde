package dev.lgc.runtime.device.cpu.dnnl;

import dev.lgc.compiler.kernel.product.StridedTensor;
import java.util.ArrayList;
import java.util.List;

/**
 * Executions of primitives in order, on memory that is bound when they run. Everything native is
 * made beforehand: running makes no Java object.
 */
final class Part {
  private final Dnnl dnnl;
  private final long stream;
  private final long[] memories;
  private final int[] buffers;
  private final long[] offsets;
  private final long[] bound;
  private final long[] primitives;
  private final int[] counts;
  private final long[] arguments;

  private Part(Builder b) throws Dnnl.Refused {
    dnnl = b.natives.dnnl();
    stream = b.natives.stream();
    memories = b.memories.stream().mapToLong(Memory::handle).toArray();
    buffers = b.memories.stream().mapToInt(Memory::buffer).toArray();
    offsets = b.memories.stream().mapToLong(Memory::offset).toArray();
    bound = new long[memories.length];
    primitives = b.primitives.stream().mapToLong(Long::longValue).toArray();
    counts = b.arguments.stream().mapToInt(List::size).toArray();
    arguments = b.arguments.stream().mapToLong(b.natives::arguments).toArray();
  }

  /** Runs it. Two threads that run the same part take turns. */
  synchronized void run(long[] addresses, long shared, long scratch) {
    for (int i = 0; i < memories.length; i++) {
      long base =
          switch (buffers[i]) {
            case SCRATCH -> scratch;
            case SHARED -> shared;
            default -> addresses[buffers[i]];
          };
      if (base + offsets[i] != bound[i]) {
        bound[i] = base + offsets[i];
        dnnl.setHandle(memories[i], bound[i]);
      }
    }
    for (int i = 0; i < primitives.length; i++) {
      dnnl.execute(primitives[i], stream, counts[i], arguments[i]);
    }
  }

  private static final int SCRATCH = -1;
  static final int SHARED = -2;

  /**
   * Memory of an argument: a place in a buffer of the kernel's, in memory shared by threads, or in
   * a thread's own.
   *
   * @param offset in bytes
   */
  record Memory(long handle, long descriptor, int buffer, long offset) {}

  /** Collects executions. */
  static final class Builder {
    private final Natives natives;
    private final List<Memory> memories = new ArrayList<>();
    private final List<Long> primitives = new ArrayList<>();
    private final List<List<long[]>> arguments = new ArrayList<>();
    private long scratchBytes;

    Builder(Natives natives) {
      this.natives = natives;
    }

    /** A tensor of the kernel's, or one in {@link #SHARED} memory. */
    Memory tensor(StridedTensor s) throws Dnnl.Refused {
      long descriptor = natives.descriptor(s);
      long offset = s.dtype().bytes() * s.offset();
      return add(new Memory(natives.memory(descriptor), descriptor, s.buffer(), offset));
    }

    /** Memory of the thread's. */
    Memory scratch(long descriptor) throws Dnnl.Refused {
      long at = scratchBytes;
      scratchBytes += (natives.bytes(descriptor) + 127) & -64;
      return add(new Memory(natives.memory(descriptor), descriptor, SCRATCH, at));
    }

    private Memory add(Memory m) {
      memories.add(m);
      return m;
    }

    /** Adds an execution. */
    void execute(long primitiveDescriptor, Argument... list) throws Dnnl.Refused {
      List<long[]> pairs = new ArrayList<>();
      for (Argument a : list) {
        pairs.add(new long[] {a.number(), a.memory().handle()});
      }
      long pad = natives.queried(primitiveDescriptor, Dnnl.SCRATCHPAD_MD);
      if (pad != 0 && natives.bytes(pad) > 0) {
        pairs.add(new long[] {Dnnl.SCRATCHPAD, scratch(pad).handle()});
      }
      primitives.add(natives.primitive(primitiveDescriptor));
      arguments.add(pairs);
    }

    /** The contents of {@code from} in the layout a primitive wants: in place, or a copy. */
    Memory as(Memory from, long wanted) throws Dnnl.Refused {
      if (natives.equal(from.descriptor(), wanted)) {
        return from;
      }
      Memory to = scratch(wanted);
      copy(from, to);
      return to;
    }

    /**
     * The memory to which a primitive writes {@code to} in the layout it wants: the same, or
     * another that is then copied.
     */
    Memory before(Memory to, long wanted) throws Dnnl.Refused {
      return natives.equal(to.descriptor(), wanted) ? to : scratch(wanted);
    }

    /** Copies what {@link #before} gave. */
    void finish(Memory written, Memory to) throws Dnnl.Refused {
      if (written.handle() != to.handle()) {
        copy(written, to);
      }
    }

    private void copy(Memory from, Memory to) throws Dnnl.Refused {
      long reorder = natives.reorder(from.descriptor(), to.descriptor());
      execute(reorder, new Argument(Dnnl.SRC, from), new Argument(Dnnl.DST, to));
    }

    long scratchBytes() {
      return scratchBytes;
    }

    Part build() throws Dnnl.Refused {
      return new Part(this);
    }
  }

  /** An argument of an execution. */
  record Argument(int number, Memory memory) {}
}

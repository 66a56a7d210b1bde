package dev.lgc.runtime.device.cpu.dnnl;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.lgc.compiler.kernel.product.StridedTensor;
import dev.lgc.dsl.type.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The objects of oneDNN that one kernel has: descriptors, primitives, memory objects, streams. They
 * are freed together.
 */
final class Natives implements Runnable {
  private static final Map<String, MethodHandle> HANDLES = new ConcurrentHashMap<>();

  private static final int IMPLEMENTATION = 8;
  private static final int IN_ORDER = 1;
  private static final int ANY = 1;
  private static final int TRAINING = 64;
  private static final int DIRECT = 1;
  private static final int UNIMPLEMENTED = 3;
  private static final long NONE = 0;

  private final Dnnl dnnl;
  private final Arena arena = Arena.ofShared();
  private final List<Made> made = new ArrayList<>();

  /** A handle and the function that frees it. */
  private record Made(String destroyer, long handle) {}

  Natives(Dnnl dnnl) {
    this.dnnl = dnnl;
  }

  Dnnl dnnl() {
    return dnnl;
  }

  /** Frees everything. */
  @Override
  public void run() {
    for (Made m : made.reversed()) {
      try {
        Dnnl.check(m.destroyer, handle(m.destroyer, JAVA_LONG), m.handle);
      } catch (Dnnl.Refused e) {
        throw new IllegalStateException(e);
      }
    }
    made.clear();
    arena.close();
  }

  private MethodHandle handle(String name, MemoryLayout... arguments) {
    return HANDLES.computeIfAbsent(name, n -> dnnl.handle(n, arguments));
  }

  private long make(String destroyer, String name, MemoryLayout[] types, Object... arguments)
      throws Dnnl.Refused {
    MemoryLayout[] all = new MemoryLayout[types.length + 1];
    all[0] = ADDRESS;
    System.arraycopy(types, 0, all, 1, types.length);
    long h = Dnnl.made(name, handle(name, all), arguments);
    made.add(new Made(destroyer, h));
    return h;
  }

  private static MemoryLayout[] types(MemoryLayout... types) {
    return types;
  }

  /** A stream to execute in. */
  long stream() throws Dnnl.Refused {
    return make(
        "dnnl_stream_destroy",
        "dnnl_stream_create",
        types(JAVA_LONG, JAVA_INT),
        dnnl.engine(),
        IN_ORDER);
  }

  /** The descriptor of a tensor as it lies in memory. */
  long descriptor(StridedTensor s) throws Dnnl.Refused {
    return make(
        "dnnl_memory_desc_destroy",
        "dnnl_memory_desc_create_with_strides",
        types(JAVA_INT, ADDRESS, JAVA_INT, ADDRESS),
        s.extents().size(),
        longs(s.extents()),
        number(s.dtype()),
        longs(s.strides()));
  }

  /** The descriptor of a tensor whose layout a primitive is to choose. */
  long anyDescriptor(StridedTensor s) throws Dnnl.Refused {
    return make(
        "dnnl_memory_desc_destroy",
        "dnnl_memory_desc_create_with_tag",
        types(JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT),
        s.extents().size(),
        longs(s.extents()),
        number(s.dtype()),
        ANY);
  }

  /** The number that oneDNN has for a type. */
  private static int number(DType type) {
    return switch (type) {
      case BF16 -> 2;
      case F32 -> 3;
      case F16, F64, I32, I8, BOOL -> throw new IllegalArgumentException(type.toString());
    };
  }

  private static long[] longs(List<Long> list) {
    return list.stream().mapToLong(Long::longValue).toArray();
  }

  private MethodHandle plain(String name, FunctionDescriptor type) {
    return HANDLES.computeIfAbsent(name, n -> dnnl.handle(n, type));
  }

  long bytes(long descriptor) {
    FunctionDescriptor type = FunctionDescriptor.of(JAVA_LONG, JAVA_LONG);
    try {
      return (long) plain("dnnl_memory_desc_get_size", type).invokeExact(descriptor);
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  boolean equal(long a, long b) {
    try {
      return (int) handle("dnnl_memory_desc_equal", JAVA_LONG, JAVA_LONG).invokeExact(a, b) != 0;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  private static final String DESTROY_PRIMITIVE_DESCRIPTOR = "dnnl_primitive_desc_destroy";

  long matmul(long src, long weights, long dst) throws Dnnl.Refused {
    return make(
        DESTROY_PRIMITIVE_DESCRIPTOR,
        "dnnl_matmul_primitive_desc_create",
        types(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG),
        dnnl.engine(),
        src,
        weights,
        NONE,
        dst,
        dnnl.attributes());
  }

  /**
   * The strides and paddings of a convolution.
   *
   * @param before padding above and left
   * @param after padding below and right
   */
  record Moves(long[] strides, long[] before, long[] after) {
    private static final long[] DENSE = {0, 0};
  }

  long forward(long src, long weights, long dst, Moves m) throws Dnnl.Refused {
    return make(
        DESTROY_PRIMITIVE_DESCRIPTOR,
        "dnnl_convolution_forward_primitive_desc_create",
        types(
            JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, ADDRESS,
            ADDRESS, ADDRESS, ADDRESS, JAVA_LONG),
        dnnl.engine(),
        TRAINING,
        DIRECT,
        src,
        weights,
        NONE,
        dst,
        m.strides,
        Moves.DENSE,
        m.before,
        m.after,
        dnnl.attributes());
  }

  /**
   * @param hint the primitive descriptor of the forward convolution
   */
  long backwardData(long diffSrc, long weights, long diffDst, Moves m, long hint)
      throws Dnnl.Refused {
    return make(
        DESTROY_PRIMITIVE_DESCRIPTOR,
        "dnnl_convolution_backward_data_primitive_desc_create",
        types(
            JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, ADDRESS, ADDRESS, ADDRESS,
            ADDRESS, JAVA_LONG, JAVA_LONG),
        dnnl.engine(),
        DIRECT,
        diffSrc,
        weights,
        diffDst,
        m.strides,
        Moves.DENSE,
        m.before,
        m.after,
        hint,
        dnnl.attributes());
  }

  /**
   * @param hint the primitive descriptor of the forward convolution
   */
  long backwardWeights(long src, long diffWeights, long diffDst, Moves m, long hint)
      throws Dnnl.Refused {
    return make(
        DESTROY_PRIMITIVE_DESCRIPTOR,
        "dnnl_convolution_backward_weights_primitive_desc_create",
        types(
            JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, ADDRESS, ADDRESS,
            ADDRESS, ADDRESS, JAVA_LONG, JAVA_LONG),
        dnnl.engine(),
        DIRECT,
        src,
        diffWeights,
        NONE,
        diffDst,
        m.strides,
        Moves.DENSE,
        m.before,
        m.after,
        hint,
        dnnl.attributes());
  }

  long reorder(long from, long to) throws Dnnl.Refused {
    return make(
        DESTROY_PRIMITIVE_DESCRIPTOR,
        "dnnl_reorder_primitive_desc_create",
        types(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG),
        from,
        dnnl.engine(),
        to,
        dnnl.engine(),
        dnnl.attributes());
  }

  /** Refuses what has only a slow implementation. */
  void requireFast(long primitiveDescriptor) throws Dnnl.Refused {
    String implementation = implementation(primitiveDescriptor);
    if (implementation.startsWith("ref")) {
      throw new Dnnl.Refused(implementation, UNIMPLEMENTED);
    }
  }

  long primitive(long primitiveDescriptor) throws Dnnl.Refused {
    return make(
        "dnnl_primitive_destroy", "dnnl_primitive_create", types(JAVA_LONG), primitiveDescriptor);
  }

  /** The name of oneDNN's implementation that a primitive is. */
  String implementation(long primitiveDescriptor) throws Dnnl.Refused {
    String call = "dnnl_primitive_desc_query";
    try (Arena confined = Arena.ofConfined()) {
      MemorySegment name = confined.allocate(ADDRESS);
      MethodHandle query = handle(call, JAVA_LONG, JAVA_INT, JAVA_INT, ADDRESS);
      Dnnl.check(call, query, primitiveDescriptor, IMPLEMENTATION, 0, name);
      return name.get(ADDRESS, 0).reinterpret(256).getString(0);
    }
  }

  /** A memory descriptor of a primitive's; it belongs to the primitive's descriptor. */
  long queried(long primitiveDescriptor, int which) {
    FunctionDescriptor type = FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_INT);
    try {
      return (long)
          plain("dnnl_primitive_desc_query_md", type).invokeExact(primitiveDescriptor, which, 0);
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  /** A memory object without memory. */
  long memory(long descriptor) throws Dnnl.Refused {
    return make(
        "dnnl_memory_destroy",
        "dnnl_memory_create",
        types(JAVA_LONG, JAVA_LONG, JAVA_LONG),
        descriptor,
        dnnl.engine(),
        NONE);
  }

  /**
   * The arguments of an execution, laid out for it.
   *
   * @param numbersAndMemories pairs
   */
  long arguments(List<long[]> numbersAndMemories) {
    MemorySegment s = arena.allocate(16L * Math.max(1, numbersAndMemories.size()), 8);
    for (int i = 0; i < numbersAndMemories.size(); i++) {
      s.set(JAVA_INT, 16L * i, (int) numbersAndMemories.get(i)[0]);
      s.set(JAVA_LONG, 16L * i + 8, numbersAndMemories.get(i)[1]);
    }
    return s.address();
  }
}

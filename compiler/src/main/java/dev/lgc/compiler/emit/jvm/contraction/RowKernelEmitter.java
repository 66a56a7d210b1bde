package dev.lgc.compiler.emit.jvm.contraction;

import dev.lgc.dsl.type.DType;
import java.lang.classfile.ClassFile;
import java.lang.classfile.CodeBuilder;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.util.function.Consumer;

/**
 * The part that {@link DotKernelEmitter} and {@link ScaledKernelEmitter} have in common. Every
 * accumulator is a local variable, so that C2 keeps the whole tile in registers. All tiles of a
 * kind give an element the same bits.
 */
abstract class RowKernelEmitter {
  /** The launcher has the JVM compile classes of this name soon. */
  private static final ClassDesc SELF = VectorCode.here("EmittedRowKernel");

  final CodeBuilder c;
  final VectorCode v;
  final RowTile tile;

  private final int lefts;
  private final int rights;
  private final int accumulators;

  /**
   * @param locals the first local variable that vectors may take
   */
  RowKernelEmitter(CodeBuilder c, RowTile tile, int locals) {
    this.c = c;
    this.tile = tile;
    v = new VectorCode(c, tile.lanes());
    lefts = locals;
    rights = lefts + tile.rows();
    accumulators = rights + tile.columns();
  }

  /** A class with one method {@code run}. */
  static byte[] emit(Class<?> kernel, MethodTypeDesc type, Consumer<CodeBuilder> body) {
    return ClassFile.of()
        .build(
            SELF,
            cb -> {
              VectorCode.constructor(cb);
              cb.withInterfaceSymbols(VectorCode.here(kernel.getSimpleName()));
              cb.withMethodBody("run", type, ClassFile.ACC_PUBLIC, body::accept);
            });
  }

  int accumulator(int row, int column) {
    return accumulators + row * tile.columns() + column;
  }

  /** Pops a row's factor. */
  void left(int row) {
    c.astore(lefts + row);
  }

  /**
   * Loads a column's factor, or that of a vector of columns, from B.
   *
   * @param mask pushes a mask for vectors of B's type; null for all lanes
   */
  void right(int column, Runnable at, Runnable mask) {
    v.loadWidened(tile.type(), at, mask);
    c.astore(rights + column);
  }

  void multiply(int row, int column) {
    c.aload(lefts + row).aload(rights + column).aload(accumulator(row, column));
    v.fma();
    c.astore(accumulator(row, column));
  }

  /** Bytes of a vector's elements in B. */
  long vectorOfB() {
    return (long) tile.type().bytes() * tile.lanes();
  }

  /** Bytes of a vector. */
  long vector() {
    return (long) DType.F32.bytes() * tile.lanes();
  }
}

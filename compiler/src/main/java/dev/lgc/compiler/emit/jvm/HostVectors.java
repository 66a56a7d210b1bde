package dev.lgc.compiler.emit.jvm;

import java.lang.reflect.Method;
import jdk.incubator.vector.VectorShape;

/**
 * The vectors that this processor and this JVM prefer. A JVM that computes has the Vector API,
 * which says so. One that only plans is started without it, as an incubating module makes every
 * start slower: there the JVM is asked what the Vector API would ask it.
 */
public final class HostVectors {
  private static final String API = "jdk.incubator.vector";
  private static final String SUPPORT = "jdk.internal.vm.vector.VectorSupport";

  private static final Element[] ELEMENTS = {
    new Element(byte.class, Byte.SIZE),
    new Element(short.class, Short.SIZE),
    new Element(int.class, Integer.SIZE),
    new Element(long.class, Long.SIZE),
    new Element(float.class, Float.SIZE),
    new Element(double.class, Double.SIZE)
  };

  private record Element(Class<?> type, int bits) {}

  private HostVectors() {}

  /**
   * The size of {@link VectorShape#preferredShape()}, in bits.
   *
   * @throws IllegalStateException if this JVM has neither the Vector API nor what it is built on
   */
  public static int bits() {
    return areUsable() ? VectorShape.preferredShape().vectorBitSize() : askedBits();
  }

  /** Returns true if this JVM was started with the Vector API, so that kernels can run in it. */
  public static boolean areUsable() {
    return ModuleLayer.boot().findModule(API).isPresent();
  }

  /** The F32 elements of a preferred vector. */
  public static int lanes() {
    return bits() / Float.SIZE;
  }

  /** The largest size in which the JVM has vectors of every element type. */
  static int askedBits() {
    try {
      Method lanes = Class.forName(SUPPORT).getMethod("getMaxLaneCount", Class.class);
      int bits = Integer.MAX_VALUE;
      for (Element e : ELEMENTS) {
        bits = Math.min(bits, (int) lanes.invoke(null, e.type) * e.bits);
      }
      return Math.max(bits, Long.SIZE);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("start Java with --add-modules=" + API, e);
    }
  }
}

package dev.lgc.runtime.model;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.lgc.compiler.rewrite.storage.AxisPart;
import dev.lgc.compiler.rewrite.storage.AxisSplit;
import dev.lgc.dsl.text.Text;
import dev.lgc.dsl.type.Shape;
import dev.lgc.dsl.type.TensorType;
import dev.lgc.runtime.io.FloatSource;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A rank reads exactly its part of a tensor, from any element on. */
@Tag("pure")
final class PartSourceTest {
  private static final long SEED = Long.getLong("lgc.seed", new Random().nextLong());

  private final Random random = new Random(SEED);

  /** A tensor whose elements are their own numbers. */
  private record Numbers(long elements) implements FloatSource {
    @Override
    public void readFloats(long from, MemorySegment into, long offset, long count) {
      for (long i = 0; i < count; i++) {
        into.set(ValueLayout.JAVA_FLOAT_UNALIGNED, offset + 4 * i, from + i);
      }
    }
  }

  private int upTo(int most) {
    return 1 + random.nextInt(most);
  }

  @Test
  void partsAreThoseOfTheSplit() {
    for (int i = 0; i < 300; i++) {
      int ranks = 1 << random.nextInt(3);
      List<Integer> segments = new ArrayList<>();
      for (int s = upTo(3); s > 0; s--) {
        segments.add(ranks * upTo(i % 10 == 0 ? 3000 : 5));
      }
      int axis = random.nextInt(3);
      AxisSplit split = new AxisSplit(axis, segments, ranks);
      Shape shape = Shape.of(upTo(4), upTo(4), upTo(4)).with(axis, split.extent());
      check(new AxisPart(TensorType.f32(1).withShape(shape), split));
    }
  }

  private void check(AxisPart part) {
    int ranks = part.split().ranks();
    for (int rank = 0; rank < ranks; rank++) {
      List<Float> expected = elements(part, rank);
      PartSource source = new PartSource(new Numbers(part.whole().shape().elements()), part, rank);
      assertEquals(expected.size(), source.elements());
      int from = random.nextInt(expected.size());
      int count = upTo(expected.size() - from);
      float[] found = new float[count + 1];
      source.readFloats(from, MemorySegment.ofArray(found), 4, count);
      for (int i = 0; i < count; i++) {
        String what = Text.format("%s, rank %d, element %d, seed %d", part, rank, from + i, SEED);
        assertEquals(expected.get(from + i), found[1 + i], what);
      }
    }
  }

  /** Element by element, by what a split is. */
  private static List<Float> elements(AxisPart part, int rank) {
    Shape s = part.whole().shape();
    List<Float> own = new ArrayList<>();
    long[] strides = s.strides();
    for (long e = 0; e < s.elements(); e++) {
      int at = (int) (e / strides[part.split().axis()] % part.split().extent());
      for (int segment : part.split().segments()) {
        int length = segment / part.split().ranks();
        if (at >= 0 && at < segment && at / length == rank) {
          own.add((float) e);
        }
        at -= segment;
      }
    }
    return own;
  }
}

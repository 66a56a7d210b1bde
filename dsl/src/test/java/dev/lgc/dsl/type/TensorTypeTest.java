package dev.lgc.dsl.type;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Shapes, element types and the types of tensors. */
@Tag("pure")
class TensorTypeTest {
  @Test
  void elementsAndStridesAreRowMajor() {
    Shape s = Shape.of(2, 3, 4);
    assertEquals(24, s.elements());
    assertArrayEquals(new long[] {12, 4, 1}, s.strides());
    assertEquals(4, s.dim(-1));
    assertEquals(2, s.dim(-3));
    assertEquals(1, Shape.SCALAR.elements());
    assertArrayEquals(new long[0], Shape.SCALAR.strides());
    assertEquals(0, Shape.of(3, 0, 2).elements());
  }

  /** A walk over all positions in order meets offsets 0, 1, 2 … */
  @Test
  void stridesNumberThePositionsInOrder() {
    Shape s = Shape.of(3, 1, 2, 5);
    long[] strides = s.strides();
    int[] at = new int[s.rank()];
    for (long expected = 0; expected < s.elements(); expected++) {
      long offset = 0;
      for (int i = 0; i < at.length; i++) {
        offset += at[i] * strides[i];
      }
      assertEquals(expected, offset, Arrays.toString(at));
      for (int i = at.length - 1; i >= 0 && ++at[i] == s.dim(i); i--) {
        at[i] = 0;
      }
    }
  }

  @Test
  void axesCountFromEitherEnd() {
    Shape s = Shape.of(2, 3, 4);
    assertEquals(Shape.of(2, 3, 7), s.with(-1, 7));
    assertEquals(Shape.of(7, 3, 4), s.with(0, 7));
    assertEquals(Shape.of(2, 4), s.without(-2));
    assertEquals(Shape.of(2, 3, 4), s, "shapes do not change");
    assertThrows(IndexOutOfBoundsException.class, () -> s.dim(3));
    assertThrows(IndexOutOfBoundsException.class, () -> s.without(-4));
  }

  @Test
  void impossibleShapesAreRefused() {
    assertThrows(IllegalArgumentException.class, () -> Shape.of(2, -1));
    Shape large = Shape.of(Integer.MAX_VALUE, Integer.MAX_VALUE, 4);
    assertThrows(ArithmeticException.class, large::elements);
    assertEquals((1L << 40) * 4, new TensorType(DType.F32, Shape.of(1 << 20, 1 << 20)).bytes());
    TensorType wide = new TensorType(DType.F64, Shape.of(Integer.MAX_VALUE, Integer.MAX_VALUE));
    assertThrows(ArithmeticException.class, wide::bytes);
    assertThrows(NullPointerException.class, () -> new TensorType(null, Shape.SCALAR));
  }

  @Test
  void theListOfASizeIsCopied() {
    List<Integer> dims = new ArrayList<>(List.of(1, 2));
    Shape s = new Shape(dims);
    dims.set(0, 9);
    assertEquals(Shape.of(1, 2), s);
  }

  @Test
  void typesAreShownAsTheyAreWritten() {
    assertEquals("[2, 3]", TensorType.f32(2, 3).toString());
    assertEquals("int[]", TensorType.i32().toString());
    assertEquals("bool[4]", TensorType.f32(4).withDType(DType.BOOL).toString());
    assertEquals("bf16[4, 1]", new TensorType(DType.BF16, Shape.of(4, 1)).toString());
    Set<String> keywords = new HashSet<>();
    for (DType t : DType.values()) {
      assertTrue(keywords.add(t.keyword()), t.keyword());
    }
  }

  /** Equality is written by hand: it must be that of records. */
  @Test
  void equalTypesAreThoseOfEqualParts() {
    List<TensorType> all = new ArrayList<>();
    for (DType t : DType.values()) {
      for (Shape s : List.of(Shape.SCALAR, Shape.of(1), Shape.of(2, 3), Shape.of(3, 2))) {
        all.add(new TensorType(t, s));
      }
    }
    assertEquals(all.size(), new HashSet<>(all).size());
    for (TensorType t : all) {
      TensorType copy = new TensorType(t.dtype(), new Shape(List.copyOf(t.shape().dims())));
      assertEquals(t, copy);
      assertEquals(t.hashCode(), copy.hashCode());
      assertNotEquals(t, t.withShape(t.shape().elements() == 1 ? Shape.of(9) : Shape.SCALAR));
    }
  }
}

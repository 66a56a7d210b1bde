package dev.lgc.runtime.model;

import dev.lgc.dsl.model.Definition;
import dev.lgc.dsl.text.Text;
import dev.lgc.dsl.type.DType;
import dev.lgc.dsl.type.TensorType;
import dev.lgc.runtime.io.BadInputException;
import java.util.Locale;

/** The data that an input of a model's entry is fed: found by its name, then by its type. */
public enum InputKind {
  /** {@code [b, 3, h, w]}: pictures in [-1, 1]. */
  IMAGE,
  /** {@code int[b]}: classes. */
  LABEL,
  /** {@code int[b, n]}: a tokenizer's codes. */
  CODES,
  /** {@code [b, t, c]}: features of captions. */
  CAPTION,
  /** {@code bool[b, t]}: which positions of a caption hold text. */
  MASK,
  /** {@code bool[b]}: which samples count; all of them do. */
  VALID;

  /** The data that {@code input} is fed. */
  public static InputKind of(Definition.Input input) {
    TensorType t = input.type();
    InputKind byType = byType(t);
    InputKind byName =
        switch (input.name().toLowerCase(Locale.ROOT)) {
          case "image", "images", "pixels" -> IMAGE;
          case "label", "labels", "class", "classes" -> LABEL;
          case "codes", "indices", "tokens" -> CODES;
          case "caption", "captions", "features" -> CAPTION;
          case "mask" -> MASK;
          case "valid" -> VALID;
          default -> byType;
        };
    if (byType == null || byName != byType) {
      throw new BadInputException(
          Text.format(
              "%s: no data is available for the input %s of type %s",
              input.where(), input.name(), t),
          "images [b, 3, h, w], label int[b], codes int[b, n], caption [b, t, c], mask bool[b, t]"
              + " or valid bool[b]",
          "rename the input, or change its type");
    }
    return byType;
  }

  private static InputKind byType(TensorType t) {
    int rank = t.shape().rank();
    if (t.dtype() == DType.F32) {
      return rank == 4 && t.shape().dim(1) == 3 ? IMAGE : rank == 3 ? CAPTION : null;
    }
    if (t.dtype() == DType.I32) {
      return rank == 1 ? LABEL : rank == 2 ? CODES : null;
    }
    return t.dtype() != DType.BOOL ? null : rank == 1 ? VALID : rank == 2 ? MASK : null;
  }
}

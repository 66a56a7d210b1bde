package dev.lgc.compiler.op;

import dev.lgc.compiler.algorithm.Algorithm;
import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Reducer;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.dsl.type.DType;
import dev.lgc.dsl.type.Shape;
import dev.lgc.dsl.type.TensorType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Einsum of two operands, {@code "bsi,oi->bso"}: labels in the result are kept (in both operands:
 * batched), the others are summed. No label repeats within one operand, and every label that only
 * one operand has is in the result.
 */
public record Contract(String spec) implements Contraction {
  /** Compiled once: contractions are made by the thousand, in every pass. */
  private static final Pattern FORM = Pattern.compile("([a-zA-Z]*),([a-zA-Z]*)->([a-zA-Z]*)");

  public Contract {
    Matcher m = FORM.matcher(spec);
    Checks.require(m.matches(), "contract %s", spec);
    for (int i = 1; i <= 3; i++) {
      Checks.require(!repeats(m.group(i)), "repeated label in %s", spec);
    }
    String kept = m.group(3);
    for (char c : (m.group(1) + m.group(2) + kept).toCharArray()) {
      int places = (m.group(1).indexOf(c) >= 0 ? 1 : 0) + (m.group(2).indexOf(c) >= 0 ? 1 : 0);
      Checks.require(
          places == 2 || (places == 1 && kept.indexOf(c) >= 0), "label %s of %s", c, spec);
    }
  }

  private static boolean repeats(String labels) {
    for (int i = 1; i < labels.length(); i++) {
      if (labels.lastIndexOf(labels.charAt(i), i - 1) >= 0) {
        return true;
      }
    }
    return false;
  }

  /** Labels of the first operand. */
  public String left() {
    return spec.substring(0, spec.indexOf(','));
  }

  /** Labels of the second operand. */
  public String right() {
    return spec.substring(spec.indexOf(',') + 1, spec.indexOf("->"));
  }

  /** Labels of the result. */
  public String result() {
    return spec.substring(spec.indexOf("->") + 2);
  }

  /** Labels that are summed, in the first operand's order. */
  public String summed() {
    StringBuilder s = new StringBuilder();
    left().chars().filter(c -> result().indexOf(c) < 0).forEach(c -> s.append((char) c));
    return s.toString();
  }

  /** The extent of every label. */
  public Map<Character, Integer> extents(List<TensorType> operands) {
    Map<Character, Integer> extents = new LinkedHashMap<>();
    for (int o = 0; o < 2; o++) {
      String labels = o == 0 ? left() : right();
      Shape s = operands.get(o).shape();
      Checks.require(s.rank() == labels.length(), "%s of %s", spec, operands);
      for (int i = 0; i < labels.length(); i++) {
        Integer before = extents.putIfAbsent(labels.charAt(i), s.dim(i));
        Checks.require(before == null || before == s.dim(i), "%s of %s", spec, operands);
      }
    }
    return extents;
  }

  @Override
  public TensorType infer(List<TensorType> operands) {
    Checks.require(
        operands.size() == 2
            && operands.get(0).dtype().isFloat()
            && operands.get(0).dtype() == operands.get(1).dtype(),
        "%s of %s",
        spec,
        operands);
    Map<Character, Integer> extents = extents(operands);
    List<Integer> dims = result().chars().mapToObj(c -> extents.get((char) c)).toList();
    return new TensorType(DType.F32, new Shape(dims));
  }

  @Override
  public Algorithm algorithm(List<TensorType> operands) {
    Map<Character, Integer> extents = extents(operands);
    Map<Character, Axis> axes = new LinkedHashMap<>();
    for (char c : (result() + summed()).toCharArray()) {
      axes.put(c, new Axis(axes.size(), extents.get(c)));
    }
    Scalar a = load(0, left(), operands, axes);
    Scalar b = load(1, right(), operands, axes);
    List<Axis> all = new ArrayList<>(axes.values());
    List<Axis> space = all.subList(0, result().length());
    List<Axis> reduction = all.subList(result().length(), all.size());
    return new Algorithm(
        space,
        reduction,
        reduction.isEmpty() ? Reducer.NONE : Reducer.SUM,
        Contraction.product(a, b));
  }

  private static Scalar load(
      int operand, String labels, List<TensorType> types, Map<Character, Axis> axes) {
    DType dtype = types.get(operand).dtype();
    List<Scalar> index = labels.chars().mapToObj(c -> Scalar.of(axes.get((char) c))).toList();
    return new Scalar.Load(operand, dtype, index);
  }

  @Override
  public int[] gradient(Terms t, int[] x, int y, int g) {
    String gradientOfLeft = result() + "," + right() + "->" + left();
    String gradientOfRight = result() + "," + left() + "->" + right();
    return new int[] {gradient(t, gradientOfLeft, g, x[1]), gradient(t, gradientOfRight, g, x[0])};
  }

  /** In the factors' type, as the gradient of what was converted to it. */
  private static int gradient(Terms t, String spec, int g, int factor) {
    int wide = t.contract(spec, g, t.cast(factor, DType.F32));
    return t.cast(wide, t.type(factor).dtype());
  }
}

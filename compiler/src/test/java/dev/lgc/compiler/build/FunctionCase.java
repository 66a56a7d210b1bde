package dev.lgc.compiler.build;

import dev.lgc.dsl.type.DType;
import dev.lgc.dsl.type.Shape;
import dev.lgc.dsl.type.TensorType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * A block of {@code functions.txt}: a call of a function of the language, and what it computes.
 *
 * @param function its name
 * @param expression the call
 * @param staticToo whether it means the same of static numbers
 * @param objective whether the call is the loss of an objective, whose random numbers differ from
 *     those of PyTorch
 * @param first the first value of a parameter that the call is, if it is one
 * @param inputs by name
 * @param parameters the names of inputs that are parameters
 * @param result what PyTorch computes
 * @param gradients by input, those of PyTorch for {@link #weight weighted} elements of the result
 */
record FunctionCase(
    String function,
    String expression,
    boolean staticToo,
    boolean objective,
    Optional<String> first,
    Map<String, Tensor> inputs,
    List<String> parameters,
    Optional<Tensor> result,
    Map<String, Tensor> gradients) {

  /** A tensor with its elements. */
  record Tensor(TensorType type, double[] values) {
    private static Tensor parse(String type, String values) {
      int open = type.indexOf('[');
      DType dtype =
          switch (type.substring(0, open)) {
            case "int" -> DType.I32;
            case "bool" -> DType.BOOL;
            default -> DType.F32;
          };
      List<Integer> dims =
          Arrays.stream(type.substring(open + 1, type.length() - 1).split(", "))
              .filter(d -> !d.isEmpty())
              .map(Integer::valueOf)
              .toList();
      TensorType of = new TensorType(dtype, new Shape(dims));
      String[] words = values.split(" ");
      double[] x = new double[(int) of.shape().elements()];
      for (int k = 0; k < x.length; k++) {
        if (words[0].equals("from")) {
          double low = Double.parseDouble(words[1]);
          double high = Double.parseDouble(words[3]);
          x[k] = (float) (low + (high - low) * (k * 7 % x.length) / (x.length - 1));
        } else {
          x[k] = Double.parseDouble(words[k]);
          x[k] = dtype == DType.F32 ? (float) x[k] : x[k];
        }
      }
      return new Tensor(of, x);
    }
  }

  /** The weight of an element of the result in the sum that is differentiated. */
  static double weight(int element) {
    return (element * 7 % 11 - 5) / 4.0;
  }

  /** All of them. */
  static List<FunctionCase> all() throws IOException {
    String text = Files.readString(Path.of("src/test/resources/functions.txt")).strip();
    return Arrays.stream(text.split("\n\n")).skip(1).map(FunctionCase::parse).toList();
  }

  private static FunctionCase parse(String block) {
    List<String> lines = new ArrayList<>(block.lines().toList());
    String[] head = lines.removeFirst().split(": ", 2);
    Map<String, Tensor> inputs = new LinkedHashMap<>();
    Map<String, Tensor> gradients = new LinkedHashMap<>();
    List<String> parameters = new ArrayList<>();
    Optional<String> first = Optional.empty();
    Optional<Tensor> result = Optional.empty();
    for (String line : lines) {
      String[] parts = line.split(": ", 2);
      String[] words = parts[0].split(" ", 2);
      switch (words[0]) {
        case "static", "objective", "torch" -> {}
        case "first" -> first = Optional.of(parts[1]);
        case "result" -> result = Optional.of(Tensor.parse(words[1], parts[1]));
        case "gradient" -> {
          String[] of = words[1].split(" ", 2);
          gradients.put(of[0], Tensor.parse(of[1], parts[1]));
        }
        case "param" -> {
          String[] of = words[1].split(" ", 2);
          inputs.put(of[0], Tensor.parse(of[1], parts[1]));
          parameters.add(of[0]);
        }
        default -> inputs.put(words[0], Tensor.parse(words[1], parts[1]));
      }
    }
    return new FunctionCase(
        head[0],
        head[1],
        lines.contains("static"),
        lines.contains("objective"),
        first,
        inputs,
        parameters,
        result,
        gradients);
  }

  /** A model that computes the call in its entry {@code apply}. */
  String model() {
    if (first.isPresent()) {
      return "model Case() { param w: [3] = " + expression + " }";
    }
    String stored =
        parameters.stream()
            .map(p -> "param " + p + ": " + type(inputs.get(p)) + " = zeros\n")
            .collect(Collectors.joining());
    String given =
        inputs.keySet().stream()
            .filter(name -> !parameters.contains(name))
            .map(name -> name + ": " + type(inputs.get(name)))
            .collect(Collectors.joining(", ", "(", ")"));
    String entry =
        objective
            ? "objective apply" + given + " { minimize " + expression + " }"
            : "forward apply" + given + " = " + expression;
    return "model Case() {\n" + stored + entry + "\n}";
  }

  /** A model that computes the call of elements of the inputs, static numbers. */
  String staticModel(int element) {
    String constants =
        inputs.entrySet().stream()
            .map(e -> "let " + e.getKey() + " = " + e.getValue().values()[element] + "\n")
            .collect(Collectors.joining());
    return "model Case() {\n"
        + constants
        + "let result = "
        + expression
        + "\nforward apply(input: [1]) = input + result\n}";
  }

  private static String type(Tensor t) {
    return (t.type().dtype() == DType.F32 ? "" : t.type().dtype().keyword())
        + t.type().shape().dims();
  }

  @Override
  public String toString() {
    return function + ": " + expression;
  }
}

package dev.lgc.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Within a package, files can be read one after the other: none needs one that needs it. What
 * belongs together stands in one file, as nested types.
 */
@Tag("pure")
final class FileCyclesTest {
  /**
   * Cycles that the matter has; there are no others. A grammar is recursive, and so is its
   * evaluation: an expression calls a function, whose body has statements, which have expressions;
   * a field of a model instantiates that, with what its variants change; a scale's row, a size in a
   * signature, an index in a variant's path and a file's {@code let} are expressions. A function
   * value has the scope it closes over, which has values. An op says its gradient in terms of other
   * ops, of which some have it for theirs.
   */
  private static final Set<String> OF_THE_MATTER =
      lines(
          """
          compiler.op: Add Broadcast Cast Concat Contract Contraction Div Elementwise Equal \
          Exp Fill Iota Less LessEqual Log Maximum Minimum Movement Mul Neg Op Pad Pow \
          Primitive Reduce Reduction Reshape Slice Source Sqrt Sub Terms Transpose Where
          compiler.op: AllGather ReduceScatter
          compiler.op: Conv2d Conv2dInputGradient Conv2dWeightGradient
          compiler.op: Cos Sin
          compiler.op: DynamicSlice DynamicUpdate
          compiler.op: Gather ScatterAdd
          compiler.op: RowFilter RowSpread
          compiler.op: SumPool2d SumPool2dGradient
          dsl.ast: FunctionDecl Stmt
          dsl.check: Binder Blocks Bodies Coercion Evaluator Globals Overrides Signature
          dsl.check: Dim Instance Scope Value
          """);

  @Test
  void filesOfAPackageHaveNoCycles() {
    Map<String, Set<String>> uses = new TreeMap<>();
    for (JavaClass c :
        new ClassFileImporter()
            .withImportOption(new DoNotIncludeTests())
            .importPackages("dev.lgc.dsl", "dev.lgc.compiler", "dev.lgc.runtime")) {
      Set<String> used = uses.computeIfAbsent(file(c), f -> new TreeSet<>());
      for (Dependency d : c.getDirectDependenciesFromSelf()) {
        JavaClass target = d.getTargetClass().getBaseComponentType();
        if (target.getPackageName().equals(c.getPackageName())) {
          used.add(file(target));
        }
      }
    }
    assertTrue(uses.size() > 500, "no classes: " + uses.keySet());
    Set<String> found = new TreeSet<>(new Components(uses).cycles());
    assertEquals(
        text(OF_THE_MATTER), text(found), "a cycle that was not there, or one that is gone");
  }

  private static Set<String> lines(String text) {
    return text.lines().collect(Collectors.toCollection(TreeSet::new));
  }

  private static String text(Set<String> cycles) {
    return String.join("\n", cycles);
  }

  /** The outermost class that a class is in. */
  private static String file(JavaClass c) {
    String name = c.getFullName();
    int nested = name.indexOf('$');
    return nested < 0 ? name : name.substring(0, nested);
  }

  /** The strongly connected components of a graph, after Tarjan (SIAM J. Comput. 1, 1972). */
  private static final class Components {
    private final Map<String, Set<String>> edges;
    private final Map<String, Integer> number = new TreeMap<>();
    private final Map<String, Integer> lowest = new TreeMap<>();
    private final List<String> stack = new ArrayList<>();
    private final List<String> cycles = new ArrayList<>();

    Components(Map<String, Set<String>> edges) {
      this.edges = edges;
    }

    /** Those of more than one node: their package, and what is in them. */
    List<String> cycles() {
      for (String node : edges.keySet()) {
        if (!number.containsKey(node)) {
          visit(node);
        }
      }
      return cycles;
    }

    private void visit(String node) {
      number.put(node, number.size());
      lowest.put(node, number.get(node));
      stack.add(node);
      for (String next : edges.getOrDefault(node, Set.of())) {
        if (!number.containsKey(next)) {
          visit(next);
          lowest.merge(node, lowest.get(next), Math::min);
        } else if (stack.contains(next)) {
          lowest.merge(node, number.get(next), Math::min);
        }
      }
      if (lowest.get(node).equals(number.get(node))) {
        List<String> component = stack.subList(stack.lastIndexOf(node), stack.size());
        if (component.size() > 1) {
          cycles.add(text(component));
        }
        component.clear();
      }
    }

    private static String text(List<String> files) {
      String first = files.getFirst();
      String home = first.substring("dev.lgc.".length(), first.lastIndexOf('.'));
      return files.stream()
          .map(f -> f.substring(f.lastIndexOf('.') + 1))
          .sorted()
          .collect(Collectors.joining(" ", home + ": ", ""));
    }
  }
}

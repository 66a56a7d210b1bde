package dev.lgc.compiler.emit.jvm;

import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_long;
import static java.lang.constant.ConstantDescs.CD_void;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.compiler.kernel.SegmentedSum;
import dev.lgc.compiler.kernel.Stage;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.constant.MethodTypeDesc;
import java.util.List;

/** The loops of a segmented sum, over those positions whose label is the row, found in lists. */
final class SegmentLoops {
  private final ExpressionEmitter values;
  private final Environment environment;
  private final MethodCode code;
  private final CodeBuilder b;
  private final SegmentLists lists;

  SegmentLoops(ExpressionEmitter values, SegmentLists lists) {
    this.values = values;
    this.environment = values.environment;
    this.code = values.method.code;
    this.b = code.b;
    this.lists = lists;
  }

  /**
   * The lists of a segmented sum in the memory that all threads share.
   *
   * @param offset bytes from its beginning
   */
  record SegmentLists(SegmentedSum sum, MethodCode.Var shared, long offset) {}

  /** Binds the axes to every position of the current row's list in turn. */
  void over(List<Axis> axes, Runnable body) {
    int rows = lists.sum.row().extent();
    code.open();
    pushLists();
    code.push(environment.position(lists.sum.row()));
    b.invokestatic(JvmTypes.SUPPORT, "first", MethodTypeDesc.of(CD_int, CD_long, CD_int));
    MethodCode.Var position = code.save("position", Form.INDEX);
    Label head = b.newBoundLabel();
    Label end = b.newLabel();
    code.push(position);
    b.iflt(end);
    environment.open();
    bindPosition(axes, position);
    body.run();
    axes.forEach(environment::unbind);
    environment.close();
    pushLists();
    b.loadConstant(rows);
    code.push(position);
    b.invokestatic(JvmTypes.SUPPORT, "next", MethodTypeDesc.of(CD_int, CD_long, CD_int, CD_int));
    code.set(position);
    b.goto_(head);
    b.labelBinding(end);
    code.close();
  }

  private void pushLists() {
    code.push(lists.shared);
    b.loadConstant(lists.offset);
    b.ladd();
  }

  /** Binds axes to the digits of a linear position. */
  private void bindPosition(List<Axis> axes, MethodCode.Var position) {
    long below = Axis.positions(axes);
    for (Axis axis : axes) {
      below /= axis.extent();
      code.push(position);
      b.loadConstant((int) below);
      b.idiv();
      b.loadConstant(axis.extent());
      b.irem();
      environment.bind(axis, code.save("i" + axis.number(), Form.INDEX));
    }
  }

  /** Writes the lists that {@link #over} then follows. */
  void link(Stage stage) {
    int rows = lists.sum.row().extent();
    int positions = Math.toIntExact(Axis.positions(stage.reduction()));
    Scalar label = values.method.terms.unique(lists.sum.label());
    pushLists();
    b.loadConstant(rows);
    b.invokestatic(JvmTypes.SUPPORT, "clearLists", MethodTypeDesc.of(CD_void, CD_long, CD_int));
    code.loop(
        "back",
        b::iconst_0,
        null,
        positions,
        1,
        back -> {
          environment.open();
          b.loadConstant(positions - 1);
          code.push(back);
          b.isub();
          MethodCode.Var position = code.save("position", Form.INDEX);
          bindPosition(stage.reduction(), position);
          Operand l = values.value(label);
          pushLists();
          b.loadConstant(rows);
          code.push(position);
          values.method.push(l);
          b.invokestatic(
              JvmTypes.SUPPORT,
              "link",
              MethodTypeDesc.of(CD_void, CD_long, CD_int, CD_int, CD_int));
          stage.reduction().forEach(environment::unbind);
          environment.close();
        });
  }
}

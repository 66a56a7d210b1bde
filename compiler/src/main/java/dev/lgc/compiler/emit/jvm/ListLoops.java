package dev.lgc.compiler.emit.jvm;

import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_long;
import static java.lang.constant.ConstantDescs.CD_void;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.compiler.kernel.Matches;
import dev.lgc.compiler.kernel.Stage;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.constant.MethodTypeDesc;
import java.util.List;

/** Loops over those positions of a reduction whose label is the row, found in lists. */
final class ListLoops {
  private final Evaluator values;
  private final Code code;
  private final CodeBuilder b;
  private final Lists lists;

  ListLoops(Evaluator values, Lists lists) {
    this.values = values;
    this.code = values.code;
    this.b = code.b;
    this.lists = lists;
  }

  /** How to visit only some positions of a reduction. */
  record Lists(Matches matches, Code.Var shared, long offset) {}

  /** Binds the axes to every position of the current row's list in turn. */
  void over(List<Axis> axes, Runnable body) {
    int rows = lists.matches.row().extent();
    code.open();
    pushLists();
    code.push(values.position(lists.matches.row()));
    b.invokestatic(Names.SUPPORT, "first", MethodTypeDesc.of(CD_int, CD_long, CD_int));
    Code.Var position = code.save("position", Form.INDEX);
    Label head = b.newBoundLabel();
    Label end = b.newLabel();
    code.push(position);
    b.iflt(end);
    values.open();
    bindPosition(axes, position);
    body.run();
    axes.forEach(values::unbind);
    values.close();
    pushLists();
    b.loadConstant(rows);
    code.push(position);
    b.invokestatic(Names.SUPPORT, "next", MethodTypeDesc.of(CD_int, CD_long, CD_int, CD_int));
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
  private void bindPosition(List<Axis> axes, Code.Var position) {
    long below = Axis.positions(axes);
    for (Axis axis : axes) {
      below /= axis.extent();
      code.push(position);
      b.loadConstant((int) below);
      b.idiv();
      b.loadConstant(axis.extent());
      b.irem();
      values.bind(axis, code.save("i" + axis.number(), Form.INDEX));
    }
  }

  /** Writes the lists that {@link #over} then follows. */
  void link(Stage stage) {
    int rows = lists.matches.row().extent();
    int positions = Math.toIntExact(Axis.positions(stage.reduction()));
    Scalar label = values.terms.unique(lists.matches.label());
    pushLists();
    b.loadConstant(rows);
    b.invokestatic(Names.SUPPORT, "clearLists", MethodTypeDesc.of(CD_void, CD_long, CD_int));
    code.loop(
        "back",
        b::iconst_0,
        null,
        positions,
        1,
        back -> {
          values.open();
          b.loadConstant(positions - 1);
          code.push(back);
          b.isub();
          Code.Var position = code.save("position", Form.INDEX);
          bindPosition(stage.reduction(), position);
          Value l = values.value(label);
          pushLists();
          b.loadConstant(rows);
          code.push(position);
          values.push(l);
          b.invokestatic(
              Names.SUPPORT, "link", MethodTypeDesc.of(CD_void, CD_long, CD_int, CD_int, CD_int));
          stage.reduction().forEach(values::unbind);
          values.close();
        });
  }
}

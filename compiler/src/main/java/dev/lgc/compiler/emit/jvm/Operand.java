package dev.lgc.compiler.emit.jvm;

/** An operand of emitted code: a variable, or a literal. */
sealed interface Operand {
  Form form();

  /** In a local variable. */
  record Variable(MethodCode.Var variable) implements Operand {
    @Override
    public Form form() {
      return variable.form();
    }
  }

  /** A literal of the form's type. */
  record Constant(Form form, double number) implements Operand {}
}

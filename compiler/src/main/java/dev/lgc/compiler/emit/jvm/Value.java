package dev.lgc.compiler.emit.jvm;

/** A value that emitted code has at hand: a variable, or a literal. */
sealed interface Value {
  Form form();

  /** In a local variable. */
  record Held(Code.Var variable) implements Value {
    @Override
    public Form form() {
      return variable.form();
    }
  }

  /** A literal of the form's type. */
  record Constant(Form form, double number) implements Value {}
}

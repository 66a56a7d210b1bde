package dev.lgc.dsl.diagnostic;

import java.util.Locale;

/** The kinds of mistakes. Scripts may rely on {@link #id()}. */
public enum Code {
  // Reading.
  /** The file or library module does not exist. */
  FILE_NOT_FOUND,
  /** The bytes are not UTF-8. */
  NOT_UTF8,
  // Syntax.
  /** A word or sign that is not allowed at its place. */
  UNEXPECTED,
  /** A string or comment without an end. */
  UNCLOSED,
  /** A number too large for 64 bits. */
  NUMBER_TOO_LARGE,
  /** Brackets or blocks nested deeper than the compiler follows. */
  NESTED_TOO_DEEPLY,
  // Names.
  /** Files that import one another in a circle. */
  IMPORT_CYCLE,
  /** A name declared twice in one place. */
  DUPLICATE_NAME,
  /** A name that two imported files declare. */
  AMBIGUOUS_NAME,
  /** A name nobody declared. */
  UNKNOWN_NAME,
  /** A type nobody declared. */
  UNKNOWN_TYPE,
  /** A name of the wrong kind: a variant of a block, a model that is not an interface. */
  WRONG_KIND,
  /** A statement that is not allowed at its place. */
  MISPLACED,
  // Static values.
  /** Something called that is not a function, block or forward. */
  NOT_CALLABLE,
  /** A required argument left out. */
  MISSING_ARGUMENT,
  /** A named argument that does not exist. */
  UNKNOWN_ARGUMENT,
  /** More arguments than parameters, or one given twice. */
  TOO_MANY_ARGUMENTS,
  /** A value of another type than required. */
  TYPE_MISMATCH,
  /** A field, parameter or sub-block that does not exist. */
  UNKNOWN_FIELD,
  /** A row that the scale does not have. */
  UNKNOWN_ROW,
  /** A {@code require} that does not hold. */
  REQUIREMENT_FAILED,
  /** Division or remainder by zero. */
  DIVISION_BY_ZERO,
  /** A whole number outside 64 bits. */
  INTEGER_OVERFLOW,
  /** A number outside a function's domain, such as the square root of -1. */
  INVALID_NUMBER,
  /** A list or axis index outside its range. */
  OUT_OF_RANGE,
  /** Elaboration that would take too many steps, or too many operations. */
  TOO_LARGE,
  /** A block or function that contains itself without end. */
  RECURSION,
  /** A tensor where a value must be known before the model runs. */
  NOT_STATIC,
  // Tensors.
  /** A size that is negative or does not fit. */
  INVALID_SIZE,
  /** Sizes that must be equal and are not. */
  SHAPE_MISMATCH,
  /** The wrong number of dimensions. */
  RANK_MISMATCH,
  /** The wrong element type. */
  DTYPE_MISMATCH,
  /** An argument of an operation that makes no sense. */
  INVALID_ARGUMENT,
  /** A value assigned to a name without {@code let}, or to something that is not a variable. */
  NOT_ASSIGNABLE,
  // Entries.
  /** A forward without a result. */
  MISSING_RETURN,
  /** An objective without, or with several, {@code minimize}. */
  BAD_OBJECTIVE,
  /** A generator with the wrong result or nulls. */
  BAD_GENERATOR,
  /** A path that matches no parameter or sub-block. */
  UNKNOWN_PATH,
  /** A model that lacks what its interface promises. */
  INTERFACE_NOT_MET,
  /** A free dimension without a value. */
  UNBOUND_DIMENSION,
  // What running a model takes, reported by the runtime.
  /** Two inputs of an entry that would be fed the same data. */
  AMBIGUOUS_INPUT,
  /** A generator whose codes depend on later ones, so that they cannot be drawn one by one. */
  NOT_CAUSAL,
  /** A generator that has to compute the whole sequence for each code. */
  UNCACHED_STEP,
  /** A compiled model or weights that cannot be read, or are not what was written. */
  UNSOUND_FILE,
  // Requests.
  /** The file has no model of that name. */
  UNKNOWN_MODEL,
  /** The model has no parameter of that name. */
  UNKNOWN_PARAMETER,
  /** The text given for a parameter is not a value of its type. */
  BAD_PARAMETER,
  // Run files, reported by the runtime.
  /** A key that a run file does not know. */
  UNKNOWN_KEY,
  /** A setting with a value that makes no sense. */
  BAD_SETTING;

  /** The severity: a file with warnings only can be used. */
  public Severity severity() {
    return this == UNCACHED_STEP ? Severity.WARNING : Severity.ERROR;
  }

  /** The severities of diagnostics: a mistake, or only something to know. */
  public enum Severity {
    ERROR,
    WARNING
  }

  /** The name scripts see: {@code unknown-name}. */
  public String id() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}

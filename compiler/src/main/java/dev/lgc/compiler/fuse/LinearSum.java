package dev.lgc.compiler.fuse;

import dev.lgc.compiler.algorithm.Scalar;
import java.util.ArrayList;
import java.util.List;

/**
 * {@code constant + Σ factor · atom}, with distinct atoms in no particular order. Two sums are
 * equal if they have the same terms. Immutable.
 */
abstract class LinearSum {
  final long constant;
  final Scalar[] atoms;
  final long[] factors;

  /** Keeps the arrays, which must not be changed any more. */
  LinearSum(long constant, Scalar[] atoms, long[] factors) {
    this.constant = constant;
    this.atoms = atoms;
    this.factors = factors;
  }

  boolean isConstant() {
    return atoms.length == 0;
  }

  long constant() {
    return constant;
  }

  int size() {
    return atoms.length;
  }

  Scalar atom(int i) {
    return atoms[i];
  }

  long factor(int i) {
    return factors[i];
  }

  /** Factor of an atom, 0 if it does not occur. */
  long factorOf(Scalar atom) {
    for (int i = 0; i < atoms.length; i++) {
      if (atoms[i].equals(atom)) {
        return factors[i];
      }
    }
    return 0;
  }

  /** Returns true if every atom is an axis. */
  boolean isAffine() {
    for (Scalar a : atoms) {
      if (!(a instanceof Scalar.AxisIndex)) {
        return false;
      }
    }
    return true;
  }

  /** As a scalar: larger factors first, the constant last. */
  Scalar toScalar() {
    if (atoms.length == 0) {
      return Scalar.i32(constant);
    }
    Scalar sum = atoms.length == 1 ? term(0) : sum();
    return constant == 0 ? sum : sum.plus(Scalar.i32(constant));
  }

  private Scalar sum() {
    List<Integer> order = new ArrayList<>(atoms.length);
    for (int i = 0; i < atoms.length; i++) {
      order.add(i);
    }
    order.sort((i, j) -> Long.compare(Math.abs(factors[j]), Math.abs(factors[i])));
    Scalar sum = term(order.getFirst());
    for (int i : order.subList(1, order.size())) {
      sum = sum.plus(term(i));
    }
    return sum;
  }

  private Scalar term(int i) {
    return factors[i] == 1 ? atoms[i] : atoms[i].times(Scalar.i32(factors[i]));
  }

  @Override
  public boolean equals(Object o) {
    if (!(o instanceof LinearSum l) || l.constant != constant || l.atoms.length != atoms.length) {
      return false;
    }
    for (int i = 0; i < atoms.length; i++) {
      if (l.factorOf(atoms[i]) != factors[i]) {
        return false;
      }
    }
    return true;
  }

  @Override
  public int hashCode() {
    int h = Long.hashCode(constant);
    for (int i = 0; i < atoms.length; i++) {
      h += atoms[i].hashCode() * Long.hashCode(factors[i]);
    }
    return h;
  }

  @Override
  public String toString() {
    return toScalar().toString();
  }
}

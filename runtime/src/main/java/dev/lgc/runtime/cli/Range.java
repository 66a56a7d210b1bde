package dev.lgc.runtime.cli;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * The numbers that an option takes. Every option that is a number has one: {@link OptionValues}
 * refuses values outside it, for all commands.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.FIELD)
@interface Range {
  /** Least number. */
  double min();

  /** Greatest number. */
  double max();

  /** True if {@link #min} itself is too small. */
  boolean above() default false;

  /** True if {@link #max} itself is too large. */
  boolean below() default false;
}

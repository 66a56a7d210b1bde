package dev.lgc.runtime.config;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * The meaning, the values and the default of a setting. A number has both of its bounds: together
 * they are its {@link NumberRange}.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.RECORD_COMPONENT)
@interface Setting {
  /** One line for people. */
  String doc();

  /**
   * The value when left out, written as in YAML. Empty: the setting must be given, unless it is a
   * section, a list, a map or an Optional, which are then as empty as they can be.
   */
  String value() default "";

  /** Smallest number. */
  double min() default Double.NEGATIVE_INFINITY;

  /** Largest number. */
  double max() default Double.POSITIVE_INFINITY;

  /** True if {@link #min} itself is too small. */
  boolean above() default false;

  /** True if {@link #max} itself is too large. */
  boolean below() default false;

  /**
   * The names that other programs have for it; this one is suggested to a user who writes one of
   * them.
   */
  String[] elsewhere() default {};

  /** The number of elements of a list; -1 for any number. */
  int size() default -1;
}

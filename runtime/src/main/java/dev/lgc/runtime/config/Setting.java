package dev.lgc.runtime.config;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * What a setting means, may be, and is when left out. A number has both of its bounds: together
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

  /** Whether {@link #min} itself is too small. */
  boolean above() default false;

  /** Whether {@link #max} itself is too large. */
  boolean below() default false;

  /** What other programs call it: offered to who writes that. */
  String[] elsewhere() default {};

  /** How many elements a list has; -1 for any number. */
  int size() default -1;
}

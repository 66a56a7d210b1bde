package dev.lgc.runtime.cli;

/** The purposes that a model is planned for; the names are what a user writes. */
enum PlanPurpose {
  training,
  inference,
  both
}

package dev.lgc.compiler.plan;

import java.util.OptionalInt;

/**
 * A value that a step gives to later steps, which take it as an input of its name.
 *
 * @param name of the output, and of the inputs
 * @param batch samples in the batches of all these steps, as in {@link StepId}
 */
public record Export(String name, OptionalInt batch) {}

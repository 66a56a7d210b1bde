/**
 * Estimates: what a model or a run takes, before anything of it is allocated or run.
 *
 * <pre>
 * plan --PlanReport--> operations, bytes, memory, time of each step --RunEstimate--> time of a run
 * </pre>
 *
 * <p>{@link dev.lgc.runtime.estimate.PlanReport} follows from a plan, the limits of this machine
 * and the efficiency that lgc reaches on it; {@link dev.lgc.runtime.estimate.RunEstimate} from that
 * and the settings of a run. {@link dev.lgc.runtime.estimate.ModelDiff} compares two models. {@link
 * dev.lgc.runtime.estimate.Template} writes a first run file, of as many steps as this machine
 * computes in some minutes, and {@link dev.lgc.runtime.estimate.UncachedCost} a warning for models
 * that have no cached step.
 */
package dev.lgc.runtime.estimate;

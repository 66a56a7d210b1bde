/**
 * The models of the library against the reference implementation: tensors that PyTorch computed
 * ({@code shared/golden}) are computed again by the compiled models, on every target.
 *
 * <p>{@link dev.lgc.runtime.golden.GoldenTarget} is what a target has to offer; every test class
 * here runs once per target.
 */
package dev.lgc.runtime.golden;

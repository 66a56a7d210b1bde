/**
 * The devices that run plans: {@link dev.lgc.runtime.device.Targets} lists the targets, each of
 * which has a package here for its devices, and one in {@code dev.lgc.compiler.emit} for its
 * kernels.
 *
 * <p>All else knows a target by its {@link dev.lgc.runtime.exec.Target} and a device by its {@link
 * dev.lgc.runtime.exec.Device}; only the CPU, on which everything can run, is known to commands by
 * its name.
 */
package dev.lgc.runtime.device;

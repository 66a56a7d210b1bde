/** Measurements, started by hand; not tests. */
package dev.lgc.runtime.bench;

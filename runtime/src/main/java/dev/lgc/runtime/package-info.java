/** Runs execution plans: trains, samples, serves. */
package dev.lgc.runtime;

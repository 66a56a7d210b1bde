/** Complete projects to copy and change. */
package dev.lgc.examples;

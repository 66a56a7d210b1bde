/** Mistakes of users as data, and how they are shown. */
package dev.lgc.dsl.diagnostic;

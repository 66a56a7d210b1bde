/** Part of the front end of the language. */
package dev.lgc.dsl.source;

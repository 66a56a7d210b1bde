/** The library of architectures that comes with lgc. */
package dev.lgc.models;

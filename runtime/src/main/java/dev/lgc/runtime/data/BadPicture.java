package dev.lgc.runtime.data;

/**
 * A picture that cannot be read.
 *
 * @param name what its source calls it
 * @param why its file and what is wrong with it, in one line
 */
public record BadPicture(String name, String why) {}

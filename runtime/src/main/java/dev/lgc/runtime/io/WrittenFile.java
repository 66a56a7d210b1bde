package dev.lgc.runtime.io;

/**
 * A safetensors file as it was written.
 *
 * @param bytes of it
 * @param header checksum of its header, which has those of all tensors
 */
public record WrittenFile(long bytes, int header) {}

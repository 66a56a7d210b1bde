package dev.lgc.runtime.device.tornado;

/**
 * A device that TornadoVM found.
 *
 * @param number as in {@code tornado:0}
 * @param name its maker's
 * @param backend such as {@code opencl}
 * @param gpu true for a GPU, false for a processor that poses as a device
 * @param bytes of its memory
 * @param arrayBytes that one array may have
 * @param localBytes of a work-group's memory
 * @param groupItems of a work-group
 * @param units that run work-groups at the same time
 * @param driver its version, where the backend tells it
 * @param device TornadoVM's object for it
 */
record TornadoDeviceInfo(
    int number,
    String name,
    String backend,
    boolean gpu,
    long bytes,
    long arrayBytes,
    long localBytes,
    int groupItems,
    int units,
    String driver,
    Object device) {}

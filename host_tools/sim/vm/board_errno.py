"""The errno module of the virtual board: the ESP32's numbers, which differ from a PC's."""

EPERM, ENOENT, EIO, EBADF, EAGAIN, ENOMEM, EACCES = 1, 2, 5, 9, 11, 12, 13
EEXIST, ENODEV, EISDIR, EINVAL, EOPNOTSUPP = 17, 19, 21, 22, 95
ECONNRESET, ENOBUFS, ECONNREFUSED = 104, 105, 111
EADDRINUSE, ECONNABORTED, ETIMEDOUT, EHOSTUNREACH = 112, 113, 116, 118
EINPROGRESS, EALREADY, ENOTCONN = 119, 120, 128
errorcode = {number: name for name, number in globals().items() if name[0] == "E"}

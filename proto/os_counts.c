/* SPDX-License-Identifier: MPL-2.0 */
/*
 * os_counts: what the kernel counts for a connection, as os.h has it.
 *
 * Only Linux is asked (since 4.6: older kernels give a shorter answer, which is
 * none). Other systems count, too, each in its own words; without having seen
 * one of them do it this file says that it does not know.
 */
#include "os.h"

#if OS_LINUX

#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

bool
os_counts_are_told(void)
{
    return true;
}

bool
os_counts(int fd, struct os_counts *counts)
{
    struct tcp_info info = {0};
    socklen_t len = sizeof info;
    if (fd < 0 || getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) != 0 ||
        len < offsetof(struct tcp_info, tcpi_notsent_bytes) +
                  sizeof info.tcpi_notsent_bytes)
        return false;
    *counts = (struct os_counts){
        .received = info.tcpi_bytes_received,
        .acked = info.tcpi_bytes_acked,
        .unsent = info.tcpi_notsent_bytes,
    };
    return true;
}

uint32_t
os_unread(int fd)
{
    int unread = 0;
    return ioctl(fd, SIOCINQ, &unread) == 0 && unread > 0 ? (uint32_t)unread
                                                          : 0;
}

#else

bool
os_counts_are_told(void)
{
    return false;
}

bool
os_counts(int fd, struct os_counts *counts)
{
    (void)fd;
    *counts = (struct os_counts){0};
    return false;
}

uint32_t
os_unread(int fd)
{
    (void)fd;
    return 0;
}

#endif

/* What a sentence of RocksDB means to us: it tells more by its words than by anything else. */
#ifndef MILLRACE_OUTSIDE_STORE_ROCKSDB_TROUBLE_H
#define MILLRACE_OUTSIDE_STORE_ROCKSDB_TROUBLE_H

enum trouble {
    TROUBLE_DAMAGE,    /* files are missing, cut or changed, or nobody here can read them */
    TROUBLE_NO_ROOM,   /* the disk, a quota or a limit is full */
    TROUBLE_LOCKED,    /* somebody else has it open */
    TROUBLE_DENIED,    /* the file system does not let us */
    TROUBLE_RESOURCES, /* this process lacks memory or descriptors */
};

/* What is not known better is damage: building anew from the log is always right. */
enum trouble trouble_of(const char *sentence);
/* The same of an error of the system. */
enum trouble trouble_of_errno(int number);

#endif

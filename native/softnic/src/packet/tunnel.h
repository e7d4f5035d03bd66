/* SPDX-License-Identifier: Apache-2.0 */
/* Tunnel headers on the wire. */
#ifndef SOFTNIC_TUNNEL_H
#define SOFTNIC_TUNNEL_H

/* RFC 7348; group policy: draft-smith-vxlan-group-policy; GPE: draft-ietf-nvo3-vxlan-gpe */
#define VXLAN_HEADER 8u
#define VXLAN_FLAG_VNI 0x08u
#define VXLAN_FLAG_GROUP 0x80u
#define VXLAN_FLAG_NEXT_PROTOCOL 0x04u

#define GENEVE_HEADER 8u /* RFC 8926 */

/* 3GPP TS 29.281; the PDU session container: TS 38.415 */
#define GTPU_HEADER 8u
#define GTPU_VERSION_1 0x30u /* and protocol type GTP */
#define GTPU_FLAG_EXTENSION 0x04u
#define GTPU_FLAGS_OPTIONAL 0x07u
#define GTPU_OPTIONAL 4u /* sequence number, N-PDU number, next extension */
#define GTPU_MESSAGE_PDU 255u
#define GTPU_QFI 0x3fu

#define MPLS_LABEL 4u /* RFC 3032 */
#define MPLS_BOTTOM 0x01u

/* RFC 2784, RFC 2890; NVGRE: RFC 7637 */
#define GRE_HEADER 4u
#define GRE_FLAG_CHECKSUM 0x8000u
#define GRE_FLAG_KEY 0x2000u
#define GRE_FLAG_SEQUENCE 0x1000u
#define GRE_FLAGS_OPTIONAL (GRE_FLAG_CHECKSUM | GRE_FLAG_KEY | GRE_FLAG_SEQUENCE)
#define GRE_FLAGS_UNKNOWN 0x4c07u /* routing and what must be zero without it (RFC 2784 §2.3), version */

#endif

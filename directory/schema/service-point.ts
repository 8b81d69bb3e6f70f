/** Class by which services are published in Active Directory ([MS-ADSC] 2.250). */
export const SERVICE_POINT_CLASS = 'serviceConnectionPoint';
/** What clients look for; servers index it. */
export const SERVICE_KEYWORD = 'rendezvous-conferences';
/** Where the service point has the DN of the container. */
export const SERVICE_BINDING = 'serviceBindingInformation';
